<?xml version="1.0" encoding="UTF-8"?>
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
    xmlns:i="urn:renkei:copy.resolved:v1" xmlns="urn:renkei:intermediate_server.copy_registration:v1" exclude-result-prefixes="i">
  <xsl:template match="/i:copy">
    <copyRegistration>
      <MessageHeader>
        <MsgId>DBM<xsl:value-of select="i:record_number"/></MsgId>
        <MsgTypeId>IF_DBM_20113_R01</MsgTypeId>
        <MsgMode>0</MsgMode>
        <SourceSystemID>RENKEI</SourceSystemID>
        <DestinationSystemID>CHUKAN</DestinationSystemID>
      </MessageHeader>
      <RequestSource>
        <RequestSourceUnitCode>FUKUSHI</RequestSourceUnitCode>
        <RequestSourceUserID>RENKEI</RequestSourceUserID>
      </RequestSource>
      <Record>
        <RecordIdentificationNumber><xsl:value-of select="i:record_number"/></RecordIdentificationNumber>
        <IntegratedAddressNumber><xsl:value-of select="i:integrated_number"/></IntegratedAddressNumber>
        <SpecificPersonalInformationCode><xsl:value-of select="i:data_item"/></SpecificPersonalInformationCode>
        <DataSetIdentificationItemCode><xsl:value-of select="i:dataset"/></DataSetIdentificationItemCode>
        <DataSetRecordKey><xsl:value-of select="i:dataset_key"/></DataSetRecordKey>
        <SPIMajorVersion><xsl:value-of select="i:layout_version"/></SPIMajorVersion>
        <PublicationDate><xsl:value-of select="i:published_from"/></PublicationDate>
        <xsl:if test="i:published_to"><PublishedEndDate><xsl:value-of select="i:published_to"/></PublishedEndDate></xsl:if>
        <xsl:if test="i:region_code"><AdministrativeRegionCode><xsl:value-of select="i:region_code"/></AdministrativeRegionCode></xsl:if>
        <DuplicateCopyData>
          <xsl:text>&lt;data xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"&gt;</xsl:text>
          <xsl:for-each select="i:item">
            <xsl:variable name="code" select="normalize-space(i:code)"/>
            <xsl:choose>
              <xsl:when test="i:value"><xsl:value-of select="concat('&lt;', $code, '&gt;', i:value, '&lt;/', $code, '&gt;')"/></xsl:when>
              <xsl:otherwise>
                <xsl:value-of select="concat('&lt;', $code, ' xsi:nil=&quot;true&quot; ReasonOfNull=&quot;', normalize-space(i:reason_of_null), '&quot;/&gt;')"/>
              </xsl:otherwise>
            </xsl:choose>
          </xsl:for-each>
          <xsl:text>&lt;/data&gt;</xsl:text>
        </DuplicateCopyData>
        <SegmentOfRegistrationDelete>
          <xsl:choose>
            <xsl:when test="normalize-space(i:operation) = 'delete'">2</xsl:when>
            <xsl:otherwise>1</xsl:otherwise>
          </xsl:choose>
        </SegmentOfRegistrationDelete>
      </Record>
    </copyRegistration>
  </xsl:template>
</xsl:stylesheet>
