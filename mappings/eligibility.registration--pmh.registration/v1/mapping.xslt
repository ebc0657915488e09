<?xml version="1.0" encoding="UTF-8"?>
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
    xmlns:i="urn:renkei:eligibility.registration:v1" xmlns="urn:renkei:pmh.registration:v1" exclude-result-prefixes="i">
  <xsl:template match="/i:eligibility">
    <registration>
      <orgSpecificCertificateTypeId><xsl:value-of select="i:certificate_type"/></orgSpecificCertificateTypeId>
      <myNumber><xsl:value-of select="i:individual_number"/></myNumber>
      <basicFiveInfo>
        <name><xsl:value-of select="i:name"/></name>
        <nameKana><xsl:value-of select="i:name_kana"/></nameKana>
        <address><xsl:value-of select="i:address"/></address>
        <dateOfBirth><xsl:value-of select="i:birth_date"/></dateOfBirth>
        <sex><xsl:value-of select="i:sex"/></sex>
      </basicFiveInfo>
      <isNotDisclosed><xsl:value-of select="i:not_disclosed"/></isNotDisclosed>
      <medicalSubsidyInsurerNumber><xsl:value-of select="i:insurer_number"/></medicalSubsidyInsurerNumber>
      <certificationName><xsl:value-of select="i:certificate_name"/></certificationName>
      <xsl:if test="i:recipient_number">
        <medicalSubsidyRecipientNumber><xsl:value-of select="i:recipient_number"/></medicalSubsidyRecipientNumber>
      </xsl:if>
      <isAlwaysReimbursement><xsl:value-of select="i:always_reimbursement"/></isAlwaysReimbursement>
      <validFrom><xsl:value-of select="i:valid_from"/></validFrom>
      <validTo><xsl:value-of select="i:valid_to"/></validTo>
      <xsl:if test="i:revoked_on"><revokedOn><xsl:value-of select="i:revoked_on"/></revokedOn></xsl:if>
      <xsl:if test="i:view_stopped"><isViewStopped><xsl:value-of select="i:view_stopped"/></isViewStopped></xsl:if>
      <historyKey><xsl:value-of select="i:history_key"/></historyKey>
      <isDeleted><xsl:value-of select="i:deleted"/></isDeleted>
      <xsl:for-each select="i:detail">
        <certificationDetail>
          <item><xsl:value-of select="i:item"/></item>
          <value><xsl:value-of select="i:value"/></value>
        </certificationDetail>
      </xsl:for-each>
    </registration>
  </xsl:template>
</xsl:stylesheet>
