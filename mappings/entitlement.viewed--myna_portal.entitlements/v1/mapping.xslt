<?xml version="1.0" encoding="UTF-8"?>
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
    xmlns:i="urn:renkei:entitlement.viewed:v1" xmlns="urn:renkei:myna_portal.entitlements:v1" exclude-result-prefixes="i">
  <xsl:template match="/i:viewed">
    <entitlements>
      <viewNumber><xsl:value-of select="i:view_number"/></viewNumber>
      <pseudonym><xsl:value-of select="i:pseudonym"/></pseudonym>
      <viewedOn><xsl:value-of select="i:viewed_on"/></viewedOn>
      <xsl:for-each select="i:entitlement">
        <entitlement>
          <certificationName><xsl:value-of select="i:certificate_name"/></certificationName>
          <medicalSubsidyInsurerNumber><xsl:value-of select="i:insurer_number"/></medicalSubsidyInsurerNumber>
          <medicalSubsidyRecipientNumber><xsl:value-of select="i:recipient_number"/></medicalSubsidyRecipientNumber>
          <isAlwaysReimbursement><xsl:value-of select="i:always_reimbursement"/></isAlwaysReimbursement>
          <validFrom><xsl:value-of select="i:valid_from"/></validFrom>
          <validTo><xsl:value-of select="i:valid_to"/></validTo>
        </entitlement>
      </xsl:for-each>
    </entitlements>
  </xsl:template>
</xsl:stylesheet>
